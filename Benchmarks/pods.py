"""Loads of the executor of pods: pods-benchmark against pods-benchmark serve, a process of its own."""

import argparse
import resource
import subprocess

# Load, seconds that pods run, room of the node, how many pods.
LOADS = [
    ("latency", 3600, 100_000, 400),
    ("rate", 3600, 100_000, 1_500),
    ("calls", 3, 100_000, 200),
    ("waiting", 3600, 1, 3_000),
    ("memory", 3600, 100_000, 3_000),
    ("restart", 3600, 100_000, 3_000),
]


def raise_descriptor_limit() -> None:
    """The server of the double speaks HTTP/1.1: each followed log is a connection of its own."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure(program: str, load: str, seconds: int, room: int, count: int) -> None:
    server = subprocess.Popen(
        [program, "serve", str(seconds), str(room)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        url = server.stdout.readline().strip()
        subprocess.run([program, load, url, str(count)], check=True, timeout=300)
        calls, _ = server.communicate("", timeout=60)
        print(f"  {load}, {count} pods: {calls.strip()}", flush=True)
    finally:
        server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=".build/release/pods-benchmark")
    parser.add_argument("--only", action="append")
    arguments = parser.parse_args()
    raise_descriptor_limit()
    for load, seconds, room, count in LOADS:
        if not arguments.only or load in arguments.only:
            measure(arguments.program, load, seconds, room, count)


if __name__ == "__main__":
    main()
