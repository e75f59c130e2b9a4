"""Work after a response: an internal extension of Lambda that completes downloads.

Lambda freezes an environment when the function and all extensions have asked for the next event. The caller
gets the response when the function has given it, but an extension may work on: meanwhile the environment gets
no request, so nobody waits. Without this, a download in the background would progress only while requests are
answered, and could not remove a bundle that a request may be reading.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping

NAME = "tastemaker-after-response"
PATH = "/2020-01-01/extension"
MARGIN_SECONDS = 3.0
"""The work stops this long before the time of the invocation is up: Lambda would end the environment then."""


class AfterResponse:
    """An internal extension, which calls `work(seconds)` after each response. `work` must not raise.

    `api` is the address of the Extensions API, AWS_LAMBDA_RUNTIME_API. `clock` is in seconds since 1970.
    """

    def __init__(
        self, api: str, work: Callable[[float], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._api, self._work, self._clock = api, work, clock
        self._answered = threading.Event()

    def start(self) -> bool:
        """Register the extension and follow its events in a thread. Returns False if Lambda refuses it."""
        if not self._api:  # not in Lambda
            return False
        try:
            headers = {"Lambda-Extension-Name": NAME, "Content-Type": "application/json"}
            body = json.dumps({"events": ["INVOKE"]})
            status, answer, _ = self._call("POST", f"{PATH}/register", headers, body)
            identifier = answer.get("Lambda-Extension-Identifier", "")
        except (OSError, http.client.HTTPException):
            return False
        if status != 200 or not identifier:
            return False
        threading.Thread(target=self._follow, args=(identifier,), name=NAME, daemon=True).start()
        return True

    def answered(self) -> None:
        """The handler has its answer: the work may begin."""
        self._answered.set()

    def _follow(self, identifier: str) -> None:
        while True:
            try:
                _, _, event = self._call(
                    "GET", f"{PATH}/event/next", {"Lambda-Extension-Identifier": identifier}
                )
            except (OSError, http.client.HTTPException):
                return  # the environment ends
            deadline = float(json.loads(event or b"{}").get("deadlineMs", 0)) / 1000
            left = deadline - self._clock() - MARGIN_SECONDS
            if self._answered.wait(max(left, 0.0)):
                self._work(max(deadline - self._clock() - MARGIN_SECONDS, 0.0))
            self._answered.clear()

    def _call(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection(self._api)  # no time limit: the next event may be hours away
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, dict(response.headers.items()), response.read()
        finally:
            connection.close()
