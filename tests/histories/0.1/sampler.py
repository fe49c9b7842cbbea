"""Nine points, the last of them twice more."""

import json
import sys

over, again = set(), False
for line in sys.stdin:
    message = json.loads(line)
    told = message.get("tell", {})
    again = again or told.get("memo") == "again"
    if told.get("state") in ("complete", "pruned"):
        over.add(told["trial"])
    if "ask" in message:
        decision = message["ask"]["decision"]
        if 0 in over and not again:
            print(json.dumps({"repeat": 0, "runs": 2, "memo": "again"}), flush=True)
        else:
            print(json.dumps({"point": {"x": (7 * decision) % 21}}), flush=True)
