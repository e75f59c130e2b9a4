"""Types and properties that no adapter handles are refused by name."""

from __future__ import annotations

from local.provision import ADAPTERS, IGNORED_TYPES


def test_unknown_resource_type_is_refused_by_name(refused):
    assert "AWS::Backup::BackupVault" in refused(Vault={"Type": "AWS::Backup::BackupVault"})


def test_stage_with_spark_is_refused_with_the_setting_to_change(refused):
    assert "distributed.enabled" in refused(Spark={"Type": "AWS::EMRServerless::Application"})


def test_unknown_property_is_refused_by_name(refused):
    reason = refused(Odd={"Type": "AWS::S3::Bucket", "Properties": {"ObjectLockEnabled": True}})
    assert "Odd (AWS::S3::Bucket)" in reason
    assert "ObjectLockEnabled" in reason


def test_every_ignored_property_and_type_has_a_reason():
    for kind, adapter in ADAPTERS.items():
        assert all(len(reason) > 10 for reason in adapter.ignored.values()), kind
        assert not set(adapter.ignored) & set(adapter.handled), kind
    assert all(len(reason) > 10 for reason in IGNORED_TYPES.values())
