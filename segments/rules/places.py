"""Places on the earth: how postcodes are written alike, and the postcodes within a distance, in SQL alone.

Only the database works out distances. Whom a circle holds is loaded for the other reader by the same piece of SQL, so that both agree to
the last digit.
"""

import math
from dataclasses import dataclass

from segments.rules.sql import Fragment, all_of, piece

UNITS = {"km": 1000.0, "miles": 1609.344}
_RADIUS = 6_371_008.8  # metres, the mean one
_LEFT_OUT = str.maketrans("", "", " -")
_METRES = (
    f"(2 * {_RADIUS} * asin(least(1, sqrt(power(sin(radians(place.latitude - %s) / 2), 2) "
    "+ cos(radians(%s)) * cos(radians(place.latitude)) * power(sin(radians(place.longitude - %s) / 2), 2)))))"
)


def plain_postcode(folded: str) -> str:
    """Return a folded postcode as it is compared: without spaces and hyphens, which people set as they like."""
    return folded.translate(_LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Circle:
    """All points not farther than some metres from a point. latitude, longitude: in degrees."""

    latitude: float
    longitude: float
    metres: float

    def holds_sql(self, store_id: int) -> Fragment:
        """Return what is true of the row `customer` of the store where their postcode lies in it; never NULL."""
        rows = piece(
            "(customer.country, translate(customer.postcode_key, ' -', '')) IN (SELECT place.country, place.postcode "
            "FROM segments_postcode AS place WHERE place.store_id = %s AND ",
            store_id,
        )
        far = piece(f"{_METRES} <= %s", self.latitude, self.latitude, self.longitude, self.metres)
        return rows + all_of([*self._box(), far]) + ")"

    def _box(self) -> list[Fragment]:
        """Return bounds an index answers, a little wider than the circle; near a pole or the date line only those of latitude."""
        up = math.degrees(self.metres / _RADIUS) * 1.001 + 1e-6
        low, high = self.latitude - up, self.latitude + up
        bounds = [piece("place.latitude BETWEEN %s AND %s", low, high)]
        if low > -89 and high < 89:
            widest = max(abs(low), abs(high))
            aside = math.degrees(math.asin(min(1.0, math.sin(math.radians(up)) / math.cos(math.radians(widest))))) * 1.001 + 1e-6
            if up < 90 and self.longitude - aside >= -180 and self.longitude + aside <= 180:
                bounds.append(piece("place.longitude BETWEEN %s AND %s", self.longitude - aside, self.longitude + aside))
        return bounds
