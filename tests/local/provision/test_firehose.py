"""Delivery streams."""

from __future__ import annotations

from tests.local import tiny


def test_unknown_property_of_the_destination_is_refused(refused):
    delivery = tiny.resources()["Delivery"]
    target = delivery["Properties"]["ExtendedS3DestinationConfiguration"] | {"S3BackupMode": "Enabled"}
    delivery = {
        "Type": delivery["Type"],
        "Properties": delivery["Properties"] | {"ExtendedS3DestinationConfiguration": target},
    }
    more = {name: tiny.resources()[name] for name in ("Lake", "Stream", "DeliveryRole")}
    assert "S3BackupMode" in refused(Delivery=delivery, **more)
