"""What the dialects really do with each thing that can be said, found by saying it.

A feature is a probe and a question: is it still there? Each probe is written and read by the dialects' own
code, so the table in the docs, the header that names what an answer lost, and the tests cannot differ from
what they do.
"""

from comity.dialects.survey.answer_features import ANSWER_FEATURES, AnswerFeature, shows, unshown
from comity.dialects.survey.page import survey_page
from comity.dialects.survey.request_features import REQUEST_FEATURES, RequestFeature
from comity.dialects.survey.ways import Way, answer_way, generous_traits, request_way

__all__ = [
    "ANSWER_FEATURES",
    "REQUEST_FEATURES",
    "AnswerFeature",
    "RequestFeature",
    "Way",
    "answer_way",
    "generous_traits",
    "request_way",
    "shows",
    "survey_page",
    "unshown",
]
