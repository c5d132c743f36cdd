"""Measures Comity against nginx, Portkey's gateway and LiteLLM's proxy: same upstream, same load, one core.

`python -m bench` runs it. It is a benchmark and no test: it compares, it does not pass or fail. It measures
loopback and plain HTTP on one machine, so ratios travel and absolute figures do not.
"""
