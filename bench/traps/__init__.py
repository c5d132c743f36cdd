"""The scoreboard of traps: known ways in which gateways break, put to each gateway as a black box over HTTP.

Every case asserts what a provider's official schema or documentation demands, never a choice of ours. A
gateway that has no such feature is "not applicable"; what it did is the evidence in either case.
"""
