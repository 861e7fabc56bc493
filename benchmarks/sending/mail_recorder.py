"""A mail server that writes down each message that it takes, before it answers. Run by rig.py as a process of its own.

    python mail_recorder.py RECORD [--slow 0.08]

Prints its port. Each line of RECORD is the Message-ID of a message whose last byte had come. It answers after a pause of
up to --slow seconds before the line is written and as much after it, so that a client that is killed may be on either side.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Recorder:
    """Takes every message."""

    def __init__(self, record: Path, slow: float) -> None:
        self._file = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._slow = slow

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name there
        await asyncio.sleep(random.uniform(0, self._slow))
        content = envelope.content
        assert isinstance(content, bytes)
        os.write(self._file, f"{BytesHeaderParser().parsebytes(content)['Message-ID'].strip()}\n".encode())
        await asyncio.sleep(random.uniform(0, self._slow))
        return "250 2.0.0 taken"


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("record", type=Path)
    arguments.add_argument("--slow", type=float, default=0.08, help="seconds at most, before and after the record")
    given = arguments.parse_args()
    recorder = Recorder(given.record, given.slow)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(recorder, hostname="mail.test", loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
