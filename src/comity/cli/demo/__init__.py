"""`comity demo`: the same traffic under the contracts of three dates, over real HTTP, and what came of it.

`cast` says who calls and where models run, `setting` writes that down as comity.yaml, `stage` starts the
processes, `drive` sends the traffic, `account` reads the ledger and decides every attempt once more, `tables`
tells the story, `command` puts them in order.
"""
