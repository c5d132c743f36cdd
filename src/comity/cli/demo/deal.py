"""What the demo promised to spend: a contract of its own, small enough that the demo's traffic shows in it.

Its dates are those of the day on which the demo runs, as are the charges that count toward it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

_TEXT = """\
---
contract: demo-deal
title: The demo's promises (illustrative)
parties: {{you: You, msft: Microsoft, amzn: Amazon}}
binds: [you, msft, amzn]
silence: permitted
clock: UTC
in_force: {month} .. {end}
sources:
  D1: {{title: "Invented for the demo", date: {month}, grade: verified}}
---

# The demo's promises

**Illustrative.** Sums small enough that a few thousand requests show in them.

### deal.azure
You buy Azure for two dollars in every month. What is missing is billed.
```comity
owe: {{from: you, to: msft, buy: azure, amount: 2 USD, per: month, shortfall: pay}}
source: [D1]
```

### deal.aws
You spend twenty dollars with AWS within the year. What is missing is billed.
```comity
owe: {{from: you, to: amzn, buy: aws, amount: 20 USD, by: {last}, shortfall: pay}}
source: [D1]
```
"""


def write_deal(folder: Path, today: date) -> Path:
    """Writes the contract into `folder` and gives its path."""
    month = today.replace(day=1)
    path = folder / "deal.md"
    end = month.replace(year=month.year + 1)
    text = _TEXT.format(month=month, end=end, last=date.fromordinal(end.toordinal() - 1))
    path.write_text(text, encoding="utf-8")
    return path
