"""An application's server that nobody here wrote: drives the cent package by commands from standard input.

Usage: server.py WEBSOCKET_URL API_KEY
Commands, one a line: METHOD JSON, where the JSON is an object with what the request is made of; for a batch a list of
[METHOD, object]. `quit` ends it.
Prints what came back as NDJSON: the method as event, and result or error.
"""

import json
import sys
from urllib.parse import urlsplit

import cent

REQUESTS = {
    "publish": cent.PublishRequest,
    "broadcast": cent.BroadcastRequest,
    "subscribe": cent.SubscribeRequest,
    "unsubscribe": cent.UnsubscribeRequest,
    "disconnect": cent.DisconnectRequest,
    "refresh": cent.RefreshRequest,
    "presence": cent.PresenceRequest,
    "presence_stats": cent.PresenceStatsRequest,
    "history": cent.HistoryRequest,
    "history_remove": cent.HistoryRemoveRequest,
    "channels": cent.ChannelsRequest,
    "info": cent.InfoRequest,
}


def say(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


def request(method, members):
    return REQUESTS[method](**members)


def main(url, key):
    client = cent.Client(f"http://{urlsplit(url).netloc}/api", key)
    for line in sys.stdin:
        method, _, text = line.strip().partition(" ")
        if method == "quit":
            break
        members = json.loads(text or "{}")
        try:
            if method == "batch":
                made = cent.BatchRequest(requests=[request(*each) for each in members])
            else:
                made = request(method, members)
            say(method, result=getattr(client, method)(made).model_dump(exclude_none=True, serialize_as_any=True))
        except cent.CentApiResponseError as error:
            say(method, error=error.code, message=error.message)
        except cent.CentError as error:
            say(method, error=type(error).__name__)
    say("bye")


main(sys.argv[1], sys.argv[2])
