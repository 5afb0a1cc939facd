"""A small SMTP server on loopback: prints its port, then each message as a line of JSON. Ends with its parent."""

import asyncio
import email
import email.policy
import json
import os
import sys


async def serve(reader, writer):
    def say(text):
        writer.write(text.encode() + b"\r\n")

    message = {"to": []}
    say("220 test")
    while line := (await reader.readline()).decode().strip():
        verb = line.upper()
        if verb.startswith("EHLO"):
            say("250-test")
            say("250 AUTH PLAIN LOGIN")
        elif verb.startswith("AUTH"):
            message["auth"] = line
            say("235 yes")
        elif verb.startswith("MAIL FROM:"):
            message["from"] = line[10:]
            say("250 yes")
        elif verb.startswith("RCPT TO:"):
            message["to"].append(line[8:])
            say("250 yes")
        elif verb == "DATA":
            say("354 go on")
            await writer.drain()
            data = await reader.readuntil(b"\r\n.\r\n")
            print("MAIL " + json.dumps({**message, **shown(data[:-5])}), flush=True)
            message = {"to": []}
            say("250 yes")
        elif verb == "QUIT":
            say("221 bye")
            break
        else:
            say("250 yes")
        await writer.drain()
    writer.close()


def shown(data):
    mail = email.message_from_bytes(data, policy=email.policy.default)
    return {"subject": mail["Subject"], "header_to": mail["To"], "body": mail.get_body(("html", "plain")).get_content()}


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.5)
    sys.exit(0)


asyncio.run(main())
