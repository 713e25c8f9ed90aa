"""The storage interfaces: spaces, files and folders, documents, permissions, events.

https://open.dingtalk.com/document/development/storage-overview
"""

from sandbox.storage import dentries, documents, permissions, spaces, transfers
from sandbox.wire import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *spaces.ENDPOINTS,
    *dentries.ENDPOINTS,
    *transfers.ENDPOINTS,
    *documents.ENDPOINTS,
    *permissions.ENDPOINTS,
)
