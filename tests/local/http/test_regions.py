"""ARNs of Personalize travel in the region that a request is signed for."""

from local.http.messages import Headers, Request, Response
from local.http.regions import AnyRegion

HOME, OTHER = "arn:aws:personalize:us-east-1:1:schema/s", "arn:aws-cn:personalize:cn-north-1:1:schema/s"


class Echo:
    """A gateway that answers with the body that it gets."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def serves(self, request: Request) -> bool:
        return True

    def __call__(self, request: Request) -> Response:
        self.bodies.append(request.body)
        return Response(200, body=request.body)


def signed(region: str, arn: str) -> Request:
    scope = f"AKIA/20260101/{region}/personalize/aws4_request"
    return Request("POST", "/", Headers(authorization=f"AWS4 Credential={scope}, X=y"), arn.encode())


def test_request_of_another_region_is_served_by_the_stack_and_answered_in_its_region() -> None:
    stack = Echo()
    answer = AnyRegion(stack, home="us-east-1")(signed("cn-north-1", OTHER))
    assert stack.bodies == [HOME.encode()] and answer.body == OTHER.encode()


def test_request_signed_without_a_region_belongs_to_the_home_region() -> None:
    stack = Echo()
    answer = AnyRegion(stack, home="us-east-1")(signed("", HOME))
    assert stack.bodies == [HOME.encode()] and answer.body == HOME.encode()


def test_request_of_the_home_region_or_without_a_signature_is_passed_on_unchanged() -> None:
    stack = Echo()
    gateway = AnyRegion(stack, home="us-east-1")
    gateway(signed("us-east-1", OTHER))
    gateway(Request("POST", "/", Headers(), HOME.encode()))
    assert stack.bodies == [OTHER.encode(), HOME.encode()]
