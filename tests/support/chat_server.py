"""A small HTTP server that speaks OpenAI's chat protocol over a real socket, and remembers what it was asked."""

import asyncio
import json
import threading


class ChatServer:
    """``reply(request, number)`` gives (status, body or content, headers); ``requests`` are the bodies, in order."""

    def __init__(self, reply, pause=0.0):
        self.reply, self.pause, self.requests, self.headers, self.most_at_once = reply, pause, [], [], 0
        self._now = 0

    def __enter__(self):
        ready = threading.Event()

        async def run():
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            ready.set()
            await self._stop.wait()
            server.close()

        self._thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self, reader, writer):
        try:
            while line := await reader.readline():
                headers = {}
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode().partition(":")
                    headers[name.strip().lower()] = value.strip()
                body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))))
                assert line.startswith(b"POST /v1/chat/completions ")
                await self._answer(writer, body, headers)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer, body, headers):
        self.requests.append(body)
        number = len(self.requests)
        self.headers.append(headers)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        await asyncio.sleep(self.pause)
        self._now -= 1
        status, content, more = self.reply(body, number)
        if isinstance(content, str):
            content = {"choices": [{"message": {"role": "assistant", "content": content}}]}
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data)}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in more.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + data)
        await writer.drain()
