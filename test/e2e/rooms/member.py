"""A member of a room, by `websockets` and the standard library alone. Prints what came as JSON.

Environment: URL, MATCH and KEY.
"""

import asyncio
import json
import os
import urllib.request

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

URL, MATCH, KEY = (os.environ[name] for name in ("URL", "MATCH", "KEY"))
ROOM = f"{URL}/v1/rooms/{MATCH}"


def ticket():
    request = urllib.request.Request(f"{ROOM}/tickets", method="POST", headers={"authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["ticket"]


def open_socket():
    address = f"{ROOM.replace('http', 'ws', 1)}/socket?ticket={ticket()}"
    return connect(address, subprotocols=["turash.room.v1"])


async def take(socket, kind):
    """The next frame of a kind, and those before it."""
    before = []
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 20))
        before.append(frame)
        if frame["type"] == kind:
            return frame, before


async def main():
    told = {}
    say = {"type": "chat.send", "clientMessageId": "python-1", "text": "Guten Tag – from Python"}
    async with open_socket() as socket:
        told["subprotocol"] = socket.subprotocol
        await socket.send(json.dumps({"type": "hello"}))
        welcome, _ = await take(socket, "welcome")
        told["side"], told["head"] = welcome["member"]["side"], welcome["head"]
        await socket.send("ping")
        told["pong"] = await socket.recv() == "pong"
        await socket.send(json.dumps(say))
        told["ack"], _ = await take(socket, "ack")
        await socket.send(json.dumps({**say, "colour": "red", "clientMessageId": "python-2"}))
        told["error"], _ = await take(socket, "error")
    async with open_socket() as socket:
        await socket.send(json.dumps({"type": "hello", "lastSeq": welcome["head"]}))
        await take(socket, "welcome")
        await socket.send(json.dumps(say))
        told["again"], missed = await take(socket, "ack")
        told["missed"] = [frame["event"] for frame in missed if frame["type"] == "event"]
    async with open_socket() as socket:
        await socket.send(b"\x00\x01")
        try:
            while True:
                await asyncio.wait_for(socket.recv(), 20)
        except ConnectionClosed as closed:
            told["binary"] = closed.rcvd.code
    print(json.dumps(told))


asyncio.run(main())
