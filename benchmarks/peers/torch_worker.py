# SPDX-License-Identifier: MIT
"""PyTorch's side of run.py, the counterpart of worker.cpp: prepares one task, then, for each number read from standard
input, works that many seconds (at least one repeat) and prints the repeats' times as one line of JSON.

    python3 benchmarks/peers/torch_worker.py inference|training|predictor|tcn-forward|tcn-training BATCH THREADS keep|default

The last argument is what glibc does with freed memory (see torch_network.py).
"""
import json
import sys
import time

import torch

import torch_network
import torch_tcn
from torch_predictor import PredictorNetwork, random_rows
from torch_network import study


def inference(batch):
    network = study.StudyNetwork(study.STUDY_SHAPES, torch_network.CLASSES).eval()
    torch_network.fold_weight_norm(network)
    inputs, _ = torch_network.random_batch(batch)

    def step():
        with torch.inference_mode():
            network(inputs)[0].argmax(dim=1)
    return step


def training(batch):
    network = study.StudyNetwork(study.STUDY_SHAPES, torch_network.CLASSES).train()
    optimizer = study.study_optimizer(network)
    inputs, labels = torch_network.random_batch(batch)
    return lambda: study.training_step(network, optimizer, inputs, labels)


def predictor(rows):
    network = PredictorNetwork()
    optimizer = study.study_optimizer(network)
    inputs, labels = random_rows(rows)

    def step():
        optimizer.zero_grad()
        study.focal_loss(network(inputs), labels).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.9)
        optimizer.step()
    return step


def main():
    task, batch, threads, malloc = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    if malloc == "keep":
        torch_network.keep_freed_memory()
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    step = {"inference": inference, "training": training, "predictor": predictor, "tcn-forward": torch_tcn.forward,
            "tcn-training": torch_tcn.training}[task](batch)
    step()  # allocations and kernel selection stay outside
    print("ready", flush=True)
    for line in sys.stdin:
        wall, cpu, end = [], [], time.perf_counter() + float(line)
        while True:
            wall_before, cpu_before = time.perf_counter(), time.process_time()
            step()
            cpu_after, wall_after = time.process_time(), time.perf_counter()
            wall.append(1e3 * (wall_after - wall_before))
            cpu.append(1e3 * (cpu_after - cpu_before))
            if wall_after >= end:
                break
        print(json.dumps({"wall_ms": wall, "cpu_ms": cpu}), flush=True)


if __name__ == "__main__":
    main()
