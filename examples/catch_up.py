"""Follows a channel and misses nothing, however long it was away.

    python3 catch_up.py ws://127.0.0.1:3000/connection/websocket chat:42 position.json

Prints each publication once and in order, and keeps its position in the file: kill it, publish a few thousand more, and
start it again. Needs the package centrifuge-python. docs/catching-up.md explains it.
"""

import asyncio
import json
import os
import sys

from centrifuge import CentrifugeError, Client, StreamPosition, SubscriptionEventHandler

# The server gives at most 300 in one answer.
PAGE = 300
UNRECOVERABLE_POSITION = 112


class Follower(SubscriptionEventHandler):
    def __init__(self, client, file):
        self.client = client
        self.file = file
        self.position = None
        if os.path.exists(file):
            with open(file) as saved:
                self.position = StreamPosition(**json.load(saved))

    async def on_publication(self, context):
        self.take(context.pub, self.position.epoch)

    def take(self, publication, epoch):
        # What a page brought already may come once more.
        if publication.offset <= self.position.offset:
            return
        print(json.dumps({"offset": publication.offset, "data": publication.data}), flush=True)
        self.keep(StreamPosition(offset=publication.offset, epoch=epoch))

    def keep(self, position):
        self.position = position
        with open(self.file + ".new", "w") as saved:
            json.dump({"offset": position.offset, "epoch": position.epoch}, saved)
        os.replace(self.file + ".new", self.file)

    async def catch_up(self, channel):
        """The SDK asks this before it subscribes: at the start, and when it was away for more than one recovery carries.

        It then recovers from the position that this returns, so that nothing falls between the last page and live.
        """
        if self.position is None:
            newest = await self.client.history(channel)
            self.keep(StreamPosition(offset=newest.offset, epoch=newest.epoch))
        while True:
            try:
                page = await self.client.history(channel, limit=PAGE, since=self.position)
            except CentrifugeError as error:
                if getattr(error, "code", None) != UNRECOVERABLE_POSITION:
                    raise
                return await self.start_anew(channel, "epoch")
            for publication in page.publications:
                if publication.offset > self.position.offset + 1:
                    return await self.start_anew(channel, "trimmed")
                self.take(publication, page.epoch)
            print(json.dumps({"page": len(page.publications)}), flush=True)
            if len(page.publications) < PAGE:
                return self.position

    async def start_anew(self, channel, reason):
        """What was missed can't be had any more: load your state anew here, after this position was read."""
        newest = await self.client.history(channel)
        self.keep(StreamPosition(offset=newest.offset, epoch=newest.epoch))
        print(json.dumps({"reload": reason}), flush=True)
        return self.position


async def main(url, channel, file):
    client = Client(url, proxy=None, max_reconnect_delay=2.0)
    follower = Follower(client, file)
    subscription = client.new_subscription(
        channel, events=follower, recoverable=True, positioned=True, get_state=follower.catch_up
    )
    await client.connect()
    await subscription.subscribe()
    await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
