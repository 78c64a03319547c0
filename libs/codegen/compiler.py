"""protoc runs from the grpcio-tools wheel and finds every import in other wheels, so nothing is fetched."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from google.type import money_pb2
from protovalidate._gen.buf.validate import validate_pb

VALIDATE = "buf/validate/validate.proto"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder of contracts and a scratch folder that the compiler may fill."""

    contracts: Path
    scratch: Path

    def protos(self) -> list[str]:
        """Paths of all contracts, relative to their root, in a stable order."""
        return sorted(path.relative_to(self.contracts).as_posix() for path in self.contracts.rglob("*.proto"))


def compile_image(workspace: Workspace, image: Path) -> None:
    """Write one descriptor set of all contracts, their imports and their comments to `image`."""
    imports = workspace.scratch / "imports.binpb"
    imports.write_bytes(_imports().SerializeToString())
    # google/type and google/rpc ship as .proto files in the googleapis-common-protos wheel.
    common = Path(money_pb2.__file__).parents[2]
    _protoc(
        [f"--descriptor_set_in={imports}", f"--proto_path={workspace.contracts}", f"--proto_path={common}"],
        ["--include_imports", "--include_source_info", f"--descriptor_set_out={image}"],
        workspace.protos(),
    )


def generate_python(workspace: Workspace, image: Path, out: Path) -> None:
    """Write message modules with type stubs, and gRPC modules for the files that declare a service."""
    out.mkdir(parents=True)
    source = [f"--descriptor_set_in={image}"]
    _protoc(source, [f"--python_out={out}", f"--pyi_out={out}"], [VALIDATE, *workspace.protos()])
    _protoc(source, [f"--grpc_python_out={out}"], _declaring_services(image))


def _declaring_services(image: Path) -> list[str]:
    descriptors = descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes())
    return [file.name for file in descriptors.file if file.service]


def _protoc(sources: Sequence[str], outputs: Sequence[str], protos: Sequence[str]) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", *sources, *outputs, *protos]
    if protos and subprocess.run(command).returncode != 0:
        raise click.ClickException("protoc refuses the contracts")


def _imports() -> descriptor_pb2.FileDescriptorSet:
    """The validation rules ship only as a descriptor, and a descriptor set must be complete."""
    descriptors = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2):
        descriptors.file.add().ParseFromString(module.DESCRIPTOR.serialized_pb)
    descriptors.file.add().ParseFromString(validate_pb.desc().proto.to_binary())
    return descriptors
