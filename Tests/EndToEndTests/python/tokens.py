"""Tokens and server-side subscriptions as an application uses them: drives the centrifuge-python package by commands.

Usage: tokens.py WEBSOCKET_URL SECRET
Commands, one a line:
  connect USER SECONDS CHANNEL…   connects with tokens that last so long and name channels
  subscribe CHANNEL SECONDS       subscribes with tokens that last so long
  wrong CHANNEL                   subscribes with a token that nobody signed
  stranger                        a second client whose token nobody signed
  late USER                       a second client whose first token is over
  pages CHANNEL LIMIT             reads the history in pages
  quit
Tokens are signed here, with the standard library alone. Prints what happens as NDJSON.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time

from centrifuge import (
    CentrifugeError,
    Client,
    ClientEventHandler,
    StreamPosition,
    SubscriptionEventHandler,
)


def say(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(secret, seconds, **claims):
    claims["exp"] = int(time.time()) + seconds
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    return text + "." + base64url(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


class Events(ClientEventHandler):
    def __init__(self, name):
        self.name = name

    async def on_connected(self, ctx):
        say("connected", name=self.name)

    async def on_connecting(self, ctx):
        say("connecting", name=self.name, code=ctx.code)

    async def on_disconnected(self, ctx):
        say("disconnected", name=self.name, code=ctx.code, reason=ctx.reason)

    async def on_subscribed(self, ctx):
        say("server_subscribed", channel=ctx.channel, recovered=ctx.recovered, data=ctx.data)

    async def on_unsubscribed(self, ctx):
        say("server_unsubscribed", channel=ctx.channel)

    async def on_publication(self, ctx):
        say("server_publication", channel=ctx.channel, offset=ctx.pub.offset, data=ctx.pub.data)


class SubscriptionEvents(SubscriptionEventHandler):
    def __init__(self, channel):
        self.channel = channel

    async def on_subscribed(self, ctx):
        say("subscribed", channel=self.channel, data=ctx.data)

    async def on_subscribing(self, ctx):
        say("subscribing", channel=self.channel, code=ctx.code)

    async def on_unsubscribed(self, ctx):
        say("unsubscribed", channel=self.channel, code=ctx.code, reason=ctx.reason)

    async def on_publication(self, ctx):
        say("publication", channel=self.channel, offset=ctx.pub.offset)


class Application:
    def __init__(self, url, secret):
        self.url, self.secret, self.user = url, secret, ""
        self.clients, self.subscriptions = [], {}

    def client(self, name, **options):
        # No proxy: the server is on this machine, whatever the environment says.
        client = Client(self.url, events=Events(name), proxy=None, max_reconnect_delay=0.5, **options)
        self.clients.append(client)
        return client

    async def connect(self, user, seconds, *channels):
        async def token():
            say("token", user=user)
            return sign(self.secret, int(seconds), sub=user, channels=list(channels))

        self.user = user
        await self.client("main", get_token=token).connect()

    async def subscribe(self, channel, seconds):
        async def token(channel):
            say("subscription_token", channel=channel)
            return sign(self.secret, int(seconds), sub=self.user, channel=channel, data={"for": self.user})

        await self.subscription(channel, get_token=token).subscribe()

    async def wrong(self, channel):
        await self.subscription(channel, token=sign("guessed", 60, sub=self.user, channel=channel)).subscribe()

    def subscription(self, channel, **options):
        subscription = self.clients[0].new_subscription(channel, events=SubscriptionEvents(channel), **options)
        self.subscriptions[channel] = subscription
        return subscription

    async def stranger(self):
        await self.client("stranger", token=sign("guessed", 60, sub="1")).connect()

    async def late(self, user):
        async def token():
            return sign(self.secret, 60, sub=user)

        await self.client("late", token=sign(self.secret, -60, sub=user), get_token=token).connect()

    async def pages(self, channel, limit):
        subscription, offsets, since = self.subscriptions[channel], [], None
        while True:
            page = await subscription.history(limit=int(limit), since=since)
            if not page.publications:
                break
            offsets.append([publication.offset for publication in page.publications])
            since = StreamPosition(offset=page.publications[-1].offset, epoch=page.epoch)
        say("pages", offsets=offsets, top=page.offset)


async def main(url, secret):
    application = Application(url, secret)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command, *arguments = line.decode().split()
        if command == "quit":
            break
        try:
            await getattr(application, command)(*arguments)
        except CentrifugeError as error:
            say("failed", command=command, text=repr(error))
    for client in application.clients:
        await client.disconnect()
    say("bye")


asyncio.run(main(sys.argv[1], sys.argv[2]))
