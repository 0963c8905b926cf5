# SPDX-License-Identifier: MIT
"""Times the study's network in PyTorch on the study's full shapes (nine modalities, four classes, float32).

    python3 benchmarks/peers/torch_network.py --threads 1 --batch 128
    python3 benchmarks/peers/torch_network.py --threads 2 --batch 128 512

Prints one JSON object: milliseconds per minute window, the median, least and greatest of the repeats. Inference
has the weight norm folded and runs under inference_mode; a training step is forward, loss, backward, clipping
and AdamW. `--compile` adds torch.compile, which needs a C++ compiler. Data are random: time does not depend on
them. A training step at batch 512 wants several gigabytes of memory.

By default glibc is told to keep freed memory: otherwise every activation is mapped and zeroed by the kernel
anew: 1.3 to 2.6 times the inference time at batch 128 in our runs. `--malloc default` shows what users get who do
not know.
"""
import argparse
import ctypes
import json
import os
import pathlib
import platform
import statistics
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "nn"))
import study_network as study  # noqa: E402

CLASSES = 4


def keep_freed_memory():
    m_mmap_max, m_trim_threshold = -4, -1  # malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    if not (mallopt(m_mmap_max, 0) and mallopt(m_trim_threshold, -1)):
        sys.exit("torch_network: glibc's mallopt refused; use --malloc default")


def random_batch(size):
    generator = torch.Generator().manual_seed(1)
    inputs = {name: torch.randn((size, channels, length) if channels else (size,), generator=generator)
              for name, (channels, length) in study.STUDY_SHAPES.items()}
    return inputs, torch.randint(CLASSES, (size,), generator=generator)


def fold_weight_norm(network):
    for module in network.modules():
        if hasattr(module, "weight_g"):
            torch.nn.utils.remove_weight_norm(module)


def per_window(step, batch, repeats):
    step()  # allocations, kernel selection and compilation stay outside
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3 / batch)
    return {"median_ms": round(statistics.median(times), 4), "min_ms": round(min(times), 4),
            "max_ms": round(max(times), 4), "repeats": repeats}


def time_inference(batch, repeats, compiled):
    network = study.StudyNetwork(study.STUDY_SHAPES, CLASSES).eval()
    fold_weight_norm(network)
    forward = torch.compile(network) if compiled else network
    inputs, _ = random_batch(batch)
    with torch.inference_mode():
        return per_window(lambda: forward(inputs), batch, repeats)


def time_training(batch, repeats, compiled):
    network = study.StudyNetwork(study.STUDY_SHAPES, CLASSES).train()
    optimizer = study.study_optimizer(network)
    inputs, labels = random_batch(batch)
    if compiled:
        network.compile()
    return per_window(lambda: study.training_step(network, optimizer, inputs, labels), batch, repeats)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1)
    parser.add_argument("--batch", type=int, nargs="+", default=[128], help="windows per batch (the study: 512)")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", choices=("inference", "training"))
    parser.add_argument("--compile", action="store_true", help="time torch.compile as well as eager mode")
    parser.add_argument("--malloc", choices=("keep", "default"), default="keep")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.malloc == "keep":
        keep_freed_memory()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    results = []
    for compiled in (False, True) if options.compile else (False,):
        for batch in options.batch:
            for task, measure in (("inference", time_inference), ("training", time_training)):
                if options.only in (None, task):
                    results.append({"task": task, "mode": "compile" if compiled else "eager", "batch": batch,
                                    **measure(batch, options.repeats, compiled)})
    print(json.dumps({"peer": "torch", "version": torch.__version__, "threads": options.threads, "malloc": options.malloc,
                      "isa": torch.backends.cpu.get_cpu_capability(), "machine": platform.machine(),
                      "load_average": round(os.getloadavg()[0], 2), "results": results}, indent=1))


if __name__ == "__main__":
    main()
