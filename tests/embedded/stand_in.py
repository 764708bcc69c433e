"""`alrt run` in small: the supervisor with a Procfile and a preparation of the test's own."""

import asyncio
import sys
from pathlib import Path

from app.embedded.servers import Urls
from app.embedded.supervisor import supervise
from app.settings import read_settings


async def prepare(_: Urls) -> None:
    match sys.argv[2]:
        case "slow":
            sys.stdout.write("preparing\n")
            sys.stdout.flush()
            await asyncio.sleep(60)
        case "broken":
            raise RuntimeError("the migration failed")


if __name__ == "__main__":
    sys.exit(asyncio.run(supervise(read_settings(), prepare, procfile=Path(sys.argv[1]))))
