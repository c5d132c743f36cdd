"""What the gateway keeps for clients of the Responses API: responses and conversations, encrypted, by caller.

Whether something may be kept, and where, the contracts decide; this room keeps it, finds it again for the
caller whose it is, and puts it into the next request. It knows no targets.
"""

from comity.sessions.answer import KeptAnswer, KeptTap
from comity.sessions.ask import Ask, expand, read_ask
from comity.sessions.desk import Errand, Kind, allowed, run
from comity.sessions.records import Conversation, History, Kept, Missing
from comity.sessions.sessions import Sessions, open_sessions
from comity.sessions.settings import DAYS, STORE, SessionSettings
from comity.sessions.store import SessionStore, open_session_store
from comity.sessions.turn import Turn
from comity.sessions.vault import Vault

__all__ = [
    "DAYS",
    "STORE",
    "Ask",
    "Conversation",
    "Errand",
    "History",
    "Kept",
    "KeptAnswer",
    "KeptTap",
    "Kind",
    "Missing",
    "SessionSettings",
    "SessionStore",
    "Sessions",
    "Turn",
    "Vault",
    "allowed",
    "expand",
    "open_session_store",
    "open_sessions",
    "read_ask",
    "run",
]
