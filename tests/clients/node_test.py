#!/usr/bin/env python3
"""node-postgres and pg-cursor. The packages come from `npm install` in tests/clients/node
(tools/dev setup), or from NODE_PATH."""

import os
import subprocess

import served

NODE = served.need_program("node")
HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ.get("SHALE_NODE_MODULES", os.path.join(HERE, "node", "node_modules"))
if not os.path.isdir(os.path.join(FOLDER, "pg")):
    served.skip("node-postgres is not installed: npm install in tests/clients/node")


class Node(served.ServedTest):
    """One program that checks everything and prints ok."""

    def test_all(self):
        out = subprocess.run(
            [
                NODE,
                os.path.join(HERE, "node", "pg_client.js"),
                self.server.host,
                str(self.server.port),
            ],
            env=dict(os.environ, NODE_PATH=FOLDER),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual(out.stdout.strip(), "ok", out.stdout + out.stderr)


if __name__ == "__main__":
    served.main()
