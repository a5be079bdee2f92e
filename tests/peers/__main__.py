"""Public clients of X against the simulator: is its X face true to X, and not only to us?

The simulator and our own client rest on one reading of X's documents, so that both could misread X
in the same way. These clients do not: they talk to the real X every day, and whatever they cannot
understand is wrong in the simulator until the documents of X say otherwise.

    make peers                                  # builds, installs the clients, runs everything
    python tests/peers target/debug/dualposts   # with the packages of requirements.txt at hand

| peer | what it is | how it is led to the simulator |
|---|---|---|
| xdk | X's official SDK for Python, generated from X's own OpenAPI document | its options `base_url` and `authorization_base_url` |
| tweepy | the Python client that most people know | an adapter of `requests` mounted on its sessions |
| twitter-api-v2 | the Node client that most people know; only where node and npm are | its option `httpAgent` |

Nothing of what they send or read is changed: see `reroute.py`, `official.py`, `node/peer.mjs`.
`scenario.py` has the checks, the same for all; `peer.py` says what each client must offer.

One line is printed for each check, and the exit code is 1 when one has failed. What a client does
not offer is said, and not counted. With `--node FOLDER` the peer of Node runs from a folder in which
`node/` was installed.
"""

import argparse
import os
import sys

from control import Simulator
from scenario import Report, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/peers")
    parser.add_argument("binary", help="the built dualposts")
    parser.add_argument("--node", help="the folder of the Node peer, with its packages")
    args = parser.parse_args()
    # A proxy of this machine has no business between the peers and the simulator.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"

    report = Report()
    with Simulator(args.binary) as simulator:
        for start in peers(args.node):
            run(start, simulator, report)
    if report.not_offered:
        print(f"{report.not_offered} not offered by their clients, and not counted")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def peers(node_folder):
    from official import Official
    from tweepy_peer import Tweepy

    found = [Official, Tweepy]
    if node_folder:
        from node_peer import started_in

        found.append(started_in(node_folder))
    return found


if __name__ == "__main__":
    sys.exit(main())
