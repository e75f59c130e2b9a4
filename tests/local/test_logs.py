"""Lines of functions reach CloudWatch Logs in order, and the oldest are dropped when nobody writes them."""

from local.logs import LogSink
from tests.local.conftest import unique


def test_lines_are_written_by_group_and_stream_in_order(local) -> None:
    sink, group = LogSink(local.account), unique("/aws/lambda/quiet")
    for number in range(3):
        sink(group, "s1", f"line {number}")
    sink(group, "s2", "other")
    sink.flush()
    logs = local.client("logs")
    events = logs.get_log_events(logGroupName=group, logStreamName="s1", startFromHead=True)["events"]
    assert [event["message"] for event in events] == ["line 0", "line 1", "line 2"]
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert sorted(stream["logStreamName"] for stream in streams) == ["s1", "s2"]
