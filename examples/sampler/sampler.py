"""A sampler of one's own: it takes one of the best trials so far and changes it a little.

Ravine starts it, tells it what happens, a JSON object on a line, and asks it for points; each question is answered by
one line. All that it proposes follows from what it was told, the study's seed and the decision's number, so that a
study that is resumed, and told all over again, goes on as if it had never stopped.
"""

import json
import math
import random
import sys

BEGIN = 8  # So many random points come first.
PARENTS = 4


def draw(parameter, rng):
    """Any value of a parameter."""
    if parameter["kind"] == "choice":
        return rng.choices(parameter["options"], parameter["weights"])[0]
    if parameter["kind"] == "permutation":
        return rng.sample(parameter["items"], len(parameter["items"]))
    return place(parameter, rng.random())


def change(parameter, value, rng):
    """A value near another one."""
    if parameter["kind"] in ("choice", "permutation"):
        return draw(parameter, rng) if rng.random() < 0.2 else value
    low, high = ends(parameter)
    here = (scale(parameter, value) - low) / (high - low) if high > low else 0.0
    return place(parameter, min(1.0, max(0.0, here + rng.gauss(0.0, 0.1))))


def scale(parameter, value):
    return math.log(value) if parameter["log"] else value


def ends(parameter):
    return scale(parameter, parameter["low"]), scale(parameter, parameter["high"])


def place(parameter, share):
    """The value that lies so far between the ends."""
    low, high = ends(parameter)
    if parameter.get("points", 1) > 1:
        share = round(share * (parameter["points"] - 1)) / (parameter["points"] - 1)
    value = low + share * (high - low)
    value = min(parameter["high"], max(parameter["low"], math.exp(value) if parameter["log"] else value))
    if parameter.get("step"):
        steps = math.floor((parameter["high"] - parameter["low"]) / parameter["step"] + 1e-9)
        value = parameter["low"] + parameter["step"] * min(steps, round((value - parameter["low"]) / parameter["step"]))
    return round(value) if parameter["kind"] == "int" else value


def main():
    trials = {}  # The complete ones: value and point.
    for line in sys.stdin:
        message = json.loads(line)
        if "start" in message:
            start = message["start"]
        elif "tell" in message:
            told = message["tell"]
            if told["state"] == "complete" and not any(v > 0 for v in told.get("violations", [])):
                trials[told["trial"]] = (float(told["values"][0]), told["point"])
        elif "ask" in message:
            ask = message["ask"]
            tries = len(ask.get("refused", []))
            rng = random.Random(f"{start['seed']} {ask['decision']} {tries}")
            best = sorted(trials.items(), key=lambda trial: (trial[1][0], trial[0]))[:PARENTS]
            parent = rng.choice(best)[1][1] if len(trials) >= BEGIN else {}
            # A value for each parameter, whatever depends on what: ravine takes those that count.
            point = {}
            for parameter in start["parameters"]:
                path = parameter["path"]
                point[path] = change(parameter, parent[path], rng) if path in parent else draw(parameter, rng)
            print(json.dumps({"point": point, "memo": {"by": "mutation" if parent else "chance"}}), flush=True)


main()
