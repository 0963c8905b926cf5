# SPDX-License-Identifier: MIT
"""Times lifelog and PyTorch side by side, in turns, and holds their results against each other.

    ./run bench                                   does this after the micro-benchmarks
    python3 benchmarks/peers/run.py --build build [--rounds 5] [--turn 0.5] [--only inference,training]

PyTorch (2.14.1, evaluating on the CPU) comes by pip into a virtual environment of its own, out/peers-venv. Each row of the table
is one task: lifelog, PyTorch with freed memory kept, and PyTorch with glibc's defaults, each a process that has prepared
the task and waits; then they work in turns, so that whatever else the machine does meets all alike. Figures are medians
and least values over all repeats, in wall time and in processor time of all threads.

Writes out/bench/peers.txt and out/bench/peers.json. Without pip or PyTorch it says so and ends.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TORCH = "2.14.1"
TASKS = [("inference", 128), ("training", 128), ("training", 512), ("predictor", 52400),
         ("tcn-forward", 32), ("tcn-training", 32)]
PEERS = ["lifelog", "torch, memory kept", "torch, default"]


def skip(reason):
    print(f"peers: skipped: {reason}")
    sys.exit(0)


def virtual_environment():
    """The Python that has PyTorch."""
    python = ROOT / "out" / "peers-venv" / "bin" / "python"
    check = [python, "-c", f"import torch, numpy, safetensors.torch; assert torch.__version__.startswith('{TORCH}')"]
    if python.exists() and subprocess.run(check, stderr=subprocess.DEVNULL).returncode == 0:
        return python
    print(f"peers: installing PyTorch {TORCH} by pip into {python.parents[1]}", file=sys.stderr)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", python.parents[1]], capture_output=True).returncode:
        skip("python3 -m venv does not work here (Debian: apt-get install python3-venv)")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Where the package index has it, the local version +cpu spares gigabytes of GPU libraries.
    for version in (f"{TORCH}+cpu", TORCH):
        done = subprocess.run([*pip, f"torch=={version}", "numpy", "safetensors"], capture_output=True, text=True)
        if done.returncode == 0:
            return python
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    skip(f"pip cannot install torch {TORCH} (no network?): {lines[-1] if lines else 'see pip'}")


def build_programs(build):
    ninja = os.environ.get("NINJA") or shutil.which("ninja")
    if not ninja or not (build / "build.ninja").exists():
        skip(f"{build} is not configured; `./run bench` does that")
    targets = ["benchmarks/peers/peer_worker", "benchmarks/peers/peer_tcn", "benchmarks/peers/agreement", "examples/train_mil",
               "examples/modal_importance"]
    if subprocess.run([ninja, "-C", build, *targets], stdout=sys.stderr).returncode:
        sys.exit("peers: compilation failed (see above)")


class Worker:
    """A process that has prepared one task and works when it is told to."""

    def __init__(self, command):
        self.process = subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.wall, self.cpu = [], []
        self.answer()  # "ready"

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"peers: this ended early: {self.process.args}")
        return line

    def turn(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        times = json.loads(self.answer())
        self.wall += times["wall_ms"]
        self.cpu += times["cpu_ms"]

    def end(self, batch):
        self.process.stdin.close()
        self.process.wait()
        per_item = [[t / batch for t in times] for times in (self.wall, self.cpu)]
        return {"wall_median_ms": statistics.median(per_item[0]), "wall_min_ms": min(per_item[0]),
                "cpu_median_ms": statistics.median(per_item[1]), "cpu_min_ms": min(per_item[1]),
                "repeats": len(self.wall)}


def measure(task, batch, threads, python, build, rounds, turn):
    torch = [python, HERE / "torch_worker.py", task, batch, threads]
    programs = build / "benchmarks" / "peers"
    ours = [programs / "peer_tcn", task, batch] if task.startswith("tcn") else [programs / "peer_worker", task, batch, threads]
    workers = [Worker(ours),
               Worker([*torch, "keep"]), Worker([*torch, "default"])]
    for round_ in range(rounds):
        for i in range(len(workers)):
            workers[(i + round_) % len(workers)].turn(turn)
    row = {"task": task, "batch": batch, "threads": threads, "load_average": os.getloadavg()[0]}
    row["peers"] = {name: worker.end(batch) for name, worker in zip(PEERS, workers)}
    ours = row["peers"]["lifelog"]
    for name in PEERS[1:]:
        for figure in ("wall_median_ms", "cpu_median_ms"):
            row["peers"][name]["ratio_" + figure[:-3]] = row["peers"][name][figure] / ours[figure]
    return row


def tcn_memory(python, build, batch):
    """KiB that a training step of the TCN raises each process's peak by."""
    return {"lifelog": int(output_of(build / "benchmarks" / "peers" / "peer_tcn", "memory", batch)),
            "torch": int(output_of(python, HERE / "torch_tcn.py", batch))}


def derived(rows):
    """Figures of ours against ours."""
    def ours(task, batch, threads, figure):
        for row in rows:
            if (row["task"], row["batch"], row["threads"]) == (task, batch, threads):
                return row["peers"]["lifelog"][figure]
        return float("nan")
    figures = [{"figure": f"training step / inference, batch 128, 1 thread ({figure})",
                "value": ours("training", 128, 1, figure) / ours("inference", 128, 1, figure)}
               for figure in ("wall_median_ms", "cpu_median_ms", "cpu_min_ms")]
    for task, batch in TASKS:
        for figure in ("wall_median_ms", "wall_min_ms"):
            figures.append({"figure": f"1 thread / 2 threads, {task}, batch {batch} ({figure})",
                            "value": ours(task, batch, 1, figure) / ours(task, batch, 2, figure)})
    return [f for f in figures if f["value"] == f["value"]]


def output_of(*command):
    try:
        return subprocess.run([*map(str, command)], capture_output=True, text=True).stdout.strip()
    except OSError:
        return "unknown"


def circumstances(python, build):
    cpu = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
           if line.startswith("model name")] if pathlib.Path("/proc/cpuinfo").exists() else []
    rules = [line.strip() for line in (build / "build.ninja").read_text().splitlines()]
    at = next(i for i, line in enumerate(rules) if line.startswith("build benchmarks/peers/peer_worker.p/worker.cpp.o"))
    flags = next(line.split("=", 1)[1].strip() for line in rules[at:] if line.startswith("ARGS"))
    command = next(line.split("=", 1)[1].split()[0] for line in rules if line.startswith("command = ") and
                   "++" in line.split()[2])
    return {"date": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()), "cpu": cpu[0] if cpu else platform.machine(),
            "cores": os.cpu_count(), "system": platform.platform(), "load_average": os.getloadavg()[0],
            "lifelog": output_of("git", "-C", ROOT, "describe", "--always", "--dirty"),
            "compiler": output_of(command, "--version").split("\n")[0], "flags": flags,
            "torch": output_of(python, "-c", "import torch; print(torch.__version__, torch.backends.cpu.get_cpu_capability())"),
            "python": platform.python_version()}


def table(rows):
    head = ["task", "batch", "threads", "peer", "wall median", "wall least", "cpu median", "cpu least", "ratio wall",
            "ratio cpu"]
    lines = [head]
    for row in rows:
        for name, p in row["peers"].items():
            lines.append([row["task"], str(row["batch"]), str(row["threads"]), name] +
                         [f"{p[k]:.5f}" for k in ("wall_median_ms", "wall_min_ms", "cpu_median_ms", "cpu_min_ms")] +
                         [f"{p[k]:.1f}" if k in p else "" for k in ("ratio_wall_median", "ratio_cpu_median")])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in lines)


def as_text(report):
    parts = ["lifelog and PyTorch in turns: milliseconds a window (predictor: a row); ratios: PyTorch / lifelog", ""]
    parts += [f"{key}: {value}" for key, value in report["circumstances"].items()]
    parts += ["", table(report["rows"]), ""]
    parts += [f"{f['value']:.2f}  {f['figure']}" for f in report["derived"]] + [""]
    parts += [f"{'ok ' if c['ok'] else 'OFF'}  {c['difference']:.2e} (limit {c['limit']:.0e})  {c['check']}"
              for c in report["agreement"]]
    return "\n".join(parts) + "\n"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="directory that ./run bench configured")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out" / "bench")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each peer")
    parser.add_argument("--turn", type=float, default=0.5, help="seconds of a turn, at least one repeat")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--only", default="inference,training,predictor,tcn-forward,tcn-training,agreement")
    parser.add_argument("--python", type=pathlib.Path, help="a Python that has PyTorch, numpy and safetensors already")
    return parser.parse_args()


def main():
    options = parse_arguments()
    build = options.build.resolve()
    only = options.only.split(",")
    python = options.python or virtual_environment()
    build_programs(build)
    report = {"circumstances": circumstances(python, build), "rows": [], "derived": [], "agreement": []}
    if "agreement" in only:
        report["agreement"] = json.loads(subprocess.run(
            [python, HERE / "torch_agreement.py", build, options.out / "agreement"], check=True,
            stdout=subprocess.PIPE, text=True).stdout)
    for task, batch in TASKS:
        for threads in map(int, options.threads.split(",")) if task in only else ():
            if task.startswith("tcn") and threads > 1:
                continue  # ours takes one series after the other
            print(f"peers: {task}, batch {batch}, {threads} thread(s)", file=sys.stderr)
            report["rows"].append(measure(task, batch, threads, python, build, options.rounds, options.turn))
    report["derived"] = derived(report["rows"])
    if "tcn-training" in only:
        memory = tcn_memory(python, build, 32)
        report["derived"] += [{"figure": f"MiB of a training step of the TCN, batch 32, {name}", "value": kib / 1024}
                              for name, kib in memory.items()]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "peers.json").write_text(json.dumps(report, indent=1) + "\n")
    (options.out / "peers.txt").write_text(as_text(report))
    print(as_text(report))
    print(f"peers: {options.out / 'peers.txt'}, {options.out / 'peers.json'}")
    if not all(check["ok"] for check in report["agreement"]):
        sys.exit("peers: results differ from PyTorch's by more than they may (see above)")


if __name__ == "__main__":
    main()
