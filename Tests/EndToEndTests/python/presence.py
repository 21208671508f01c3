"""Somebody in a channel who looks who else is there, by the centrifuge-python package and commands from standard input.

Usage: presence.py WEBSOCKET_URL SECRET
Commands, one a line: connect USER, subscribe CHANNEL, unsubscribe, presence, stats, quit.
Prints what happens as NDJSON.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time

from centrifuge import CentrifugeError, Client, ClientEventHandler, SubscriptionEventHandler


def say(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(secret, user):
    claims = {"sub": user, "exp": int(time.time()) + 600, "info": {"name": user.title()}}
    signed = b".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (signed + b"." + encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())).decode()


class Events(ClientEventHandler):
    async def on_connected(self, ctx):
        say("connected", client=ctx.client)

    async def on_disconnected(self, ctx):
        say("disconnected", code=ctx.code, reason=ctx.reason)


class SubscriptionEvents(SubscriptionEventHandler):
    async def on_subscribed(self, ctx):
        say("subscribed")

    async def on_unsubscribed(self, ctx):
        say("unsubscribed", code=ctx.code, reason=ctx.reason)

    async def on_publication(self, ctx):
        say("publication", offset=ctx.pub.offset, data=ctx.pub.data)

    async def on_join(self, ctx):
        say("joined", client=ctx.info.client, user=ctx.info.user, info=ctx.info.conn_info)

    async def on_leave(self, ctx):
        say("left", client=ctx.info.client, user=ctx.info.user)

    async def on_error(self, ctx):
        say("subscription_error", code=ctx.code, text=str(ctx.error))


async def commands():
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().split()


async def main(url, secret):
    client = subscription = None
    async for command in commands():
        try:
            if command[0] == "connect":
                # No proxy: the server is on this machine, whatever the environment says.
                client = Client(
                    url, events=Events(), proxy=None, max_reconnect_delay=0.5, token=token(secret, command[1])
                )
                await client.connect()
            elif command[0] == "subscribe":
                subscription = client.new_subscription(command[1], events=SubscriptionEvents(), join_leave=True)
                await subscription.subscribe()
            elif command[0] == "unsubscribe":
                await subscription.unsubscribe()
            elif command[0] == "presence":
                result = await subscription.presence()
                users = {key: [info.user, info.conn_info] for key, info in result.clients.items()}
                say("presence", clients=users)
            elif command[0] == "stats":
                result = await subscription.presence_stats()
                say("stats", clients=result.num_clients, users=result.num_users)
            elif command[0] == "quit":
                break
        except CentrifugeError as error:
            say("failed", command=command[0], text=repr(error))
    if client:
        await client.disconnect()
    say("bye")


asyncio.run(main(sys.argv[1], sys.argv[2]))
