"""One line of an estimate."""

from __future__ import annotations

from dataclasses import dataclass

from deployment.cost.prices import Price


@dataclass(frozen=True)
class Line:
    """`quantity` units of something at a price. `basis` says where the quantity comes from."""

    item: str
    quantity: float
    price: Price
    basis: str

    @property
    def usd(self) -> float:
        """US dollars per month."""
        return self.quantity * self.price.usd

    def as_json(self) -> dict[str, object]:
        """The line for `--json`."""
        return {
            "item": self.item,
            "quantity": self.quantity,
            "unit": self.price.unit,
            "price": self.price.usd,
            "usd": round(self.usd, 4),
            "basis": self.basis,
            "priceStatus": self.price.status,
            "priceSource": self.price.source,
        }
