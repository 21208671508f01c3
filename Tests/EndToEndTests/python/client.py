"""A client that nobody here wrote: drives the centrifuge-python package by commands from standard input.

Usage: client.py WEBSOCKET_URL CHANNEL
Commands, one a line: publish N, drop, resume, history, quit.
Prints what happens as NDJSON.
"""

import asyncio
import json
import sys

from centrifuge import (
    CentrifugeError,
    Client,
    ClientEventHandler,
    SubscriptionEventHandler,
)


def say(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


class Events(ClientEventHandler):
    async def on_connected(self, ctx):
        say("connected", client=ctx.client, version=ctx.version)

    async def on_connecting(self, ctx):
        say("connecting", code=ctx.code, reason=ctx.reason)

    async def on_disconnected(self, ctx):
        say("disconnected", code=ctx.code, reason=ctx.reason)

    async def on_error(self, ctx):
        say("error", code=ctx.code, text=str(ctx.error))


class SubscriptionEvents(SubscriptionEventHandler):
    async def on_subscribed(self, ctx):
        position = ctx.stream_position
        say(
            "subscribed",
            recoverable=ctx.recoverable,
            was_recovering=ctx.was_recovering,
            recovered=ctx.recovered,
            offset=position.offset if position else None,
            epoch=position.epoch if position else None,
        )

    async def on_unsubscribed(self, ctx):
        say("unsubscribed", code=ctx.code, reason=ctx.reason)

    async def on_publication(self, ctx):
        say("publication", offset=ctx.pub.offset, data=ctx.pub.data)

    async def on_error(self, ctx):
        say("subscription_error", code=ctx.code, text=str(ctx.error))


async def commands():
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().split()


async def publish(client, subscription, count, published):
    await client.ready()
    for number in range(published + 1, published + count + 1):
        await subscription.publish({"key": f"python-{number}", "text": "Grüße"})
        say("published", number=number)
    return published + count


async def main(url, channel):
    # No proxy: the server is on this machine, whatever the environment says.
    client = Client(url, events=Events(), proxy=None, max_reconnect_delay=0.5)
    subscription = client.new_subscription(channel, events=SubscriptionEvents())
    await client.connect()
    await subscription.subscribe()
    published = 0
    async for command in commands():
        try:
            if command[0] == "publish":
                published = await publish(client, subscription, int(command[1]), published)
            elif command[0] == "drop":
                await client.disconnect()
            elif command[0] == "resume":
                await client.connect()
            elif command[0] == "history":
                result = await subscription.history(limit=-1)
                say("history", offset=result.offset, offsets=[p.offset for p in result.publications])
            elif command[0] == "quit":
                break
        except CentrifugeError as error:
            say("failed", command=command[0], text=repr(error))
    await client.disconnect()
    say("bye")


asyncio.run(main(sys.argv[1], sys.argv[2]))
