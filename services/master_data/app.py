"""Master data: the catalogue, its prices, locations and customers, and every name a product goes by.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, ping
from libs.lifecycle import Closing, main, serve
from libs.messaging import Broker, Relay
from libs.rpc import Readiness, RpcService, build_server
from libs.telemetry import start_telemetry
from retailmesh.masterdata.v1 import master_data_service_pb2_grpc
from retailmesh.masterdata.v1.master_data_service_pb2 import DESCRIPTOR
from services.master_data.adapters.store import PostgresStore
from services.master_data.config import Settings
from services.master_data.entrypoints.grpc import MasterDataServicer
