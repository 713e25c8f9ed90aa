"""Files deleted with the official SDK as anybody would write it: 50 ids a call, in a loop, with a pause when too fast.

`python -m tests.bench.sdk_loop URL TOKEN SPACE_ID UNION_ID IDS_FILE` prints how many seconds the loop took. What it
keeps of what happened is nothing, and it stops at the first answer it does not know.
https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk
"""

import sys
import time
from pathlib import Path

from alibabacloud_dingtalk.storage_1_0 import models
from alibabacloud_dingtalk.storage_1_0.client import Client
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

BATCH = 50
TOO_FAST = "Forbidden.AccessDenied.QpsLimit"
PAUSE_S = 1.0


def delete(client: Client, token: str, space_id: str, union_id: str, dentry_ids: list[str]) -> None:
    """Delete them to the recycle bin, some after others."""
    headers = models.DeleteDentriesHeaders(x_acs_dingtalk_access_token=token)
    option = models.DeleteDentriesRequestOption(to_recycle_bin=True)
    for start in range(0, len(dentry_ids), BATCH):
        some = dentry_ids[start : start + BATCH]
        request = models.DeleteDentriesRequest(union_id=union_id, dentry_ids=some, option=option)
        while not _sent(client, space_id, request, headers):
            time.sleep(PAUSE_S)


def _sent(
    client: Client,
    space_id: str,
    request: models.DeleteDentriesRequest,
    headers: models.DeleteDentriesHeaders,
) -> bool:
    try:
        client.delete_dentries_with_options(space_id, request, headers, RuntimeOptions())
    except TeaException as refused:
        if not str(refused.code).startswith(TOO_FAST):
            raise
        return False
    return True


def main() -> None:
    """Times the loop, and nothing that comes before it."""
    url, token, space_id, union_id, file = sys.argv[1:]
    dentry_ids = Path(file).read_text().split()
    client = Client(Config(protocol="http", endpoint=url.removeprefix("http://")))
    began = time.perf_counter()
    delete(client, token, space_id, union_id, dentry_ids)
    sys.stdout.write(f"{time.perf_counter() - began}\n")


if __name__ == "__main__":
    main()
