"""The mathematics of measuring. Pure: numbers in, numbers out, one question a file.

`ranges.py` shares, money and their 95 % ranges; `differences.py` one arm against another, also over several plans; `sequential.py` ranges
that hold however often one looks; `ratio.py` did people come as the lots say; `pooling.py` many small cells that learn from each other;
`choosing.py` the winner, and lots that follow what works; `reading.py` all of it as one judgement.
"""

from campaigns.measurement.statistics.ranges import (
    FEWEST_BUYERS,
    FEWEST_EACH,
    SURE_95,
    Range,
    Side,
    difference_of_shares,
    share_range,
)

__all__ = ["FEWEST_BUYERS", "FEWEST_EACH", "SURE_95", "Range", "Side", "difference_of_shares", "share_range"]
