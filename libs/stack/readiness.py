"""Whether a service answers, asked the way its callers would: gRPC health over mutual TLS."""

from pathlib import Path

from libs.stack.ports import accepts, address

ASKING_WORKLOAD = "cli"
READINESS = "readiness"
ANSWER_SECONDS = 2.0


def is_serving(service: str, port: int, tls: Path, *, check: str = READINESS) -> bool:
    """Whether the service with this identity listens there and says SERVING; never raises."""
    # Only asked once there is a listener: importing gRPC takes as long as a service's first steps.
    return accepts(port) and says_serving(service, port, tls, check)


def says_serving(service: str, port: int, tls: Path, check: str) -> bool:
    import grpc
    from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

    files = ("ca.pem", f"{ASKING_WORKLOAD}.key", f"{ASKING_WORKLOAD}.pem")
    try:
        credentials = grpc.ssl_channel_credentials(*((tls / file).read_bytes() for file in files))
        options = [("grpc.ssl_target_name_override", service)]
        with grpc.secure_channel(address(port), credentials, options) as channel:
            ask = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=HealthCheckRequest.SerializeToString,
                response_deserializer=HealthCheckResponse.FromString,
            )
            answer = ask(HealthCheckRequest(service=check), timeout=ANSWER_SECONDS)
    except (OSError, grpc.RpcError):
        return False
    return bool(answer.status == HealthCheckResponse.SERVING)
