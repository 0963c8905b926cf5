# SPDX-License-Identifier: MIT
"""Bags of digits, as in Ilse, Tomczak, Welling, "Attention-based deep multiple instance learning" (2018), section 4.2: a bag is positive
when it holds the chosen digit. Gated attention on embeddings by PyTorch and by ourselves, the same network (64 → 500 → 128, attention
of 128), the same bags, AdamW of 5e-4, a bag a step, one thread each.

    /tmp/peers/bin/python benchmarks/peers/bags.py BUILD [--seeds 5] [--sizes 50,100,200,500] [--lengths 10:2,50:10] [--epochs 20]

Digits are scikit-learn's (8 × 8); instances of training and test bags are different images. AUC of bags, and of instances by their
weights within positive bags; processor seconds a training step.
"""
import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from torch import nn


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 500), nn.ReLU(), nn.Linear(500, 128), nn.ReLU())
        self.V, self.U, self.w = nn.Linear(128, 128), nn.Linear(128, 128), nn.Linear(128, 1)
        self.value = nn.Sequential(nn.LeakyReLU(), nn.Linear(128, 2), nn.LogSoftmax(-1))

    def forward(self, x):
        h = self.encoder(x)
        a = torch.softmax(self.w(torch.tanh(self.V(h)) * torch.sigmoid(self.U(h))), 0)
        return self.value((a * h).sum(0)), a[:, 0]


def make_bags(random, images, digits, chosen, count, mean, deviation):
    """As many positive as negative bags, of round(normal(mean, deviation)) images."""
    bags, labels, positives = [], [], []
    while len(bags) < count:
        length = max(1, round(random.normal(mean, deviation)))
        index = random.choice(images, length)
        is_chosen = digits[index] == chosen
        label = len(bags) % 2
        if label == 0:
            index = np.where(is_chosen, random.choice(images[digits[images] != chosen], length), index)
        elif not is_chosen.any():
            index[random.integers(length)] = random.choice(images[digits[images] == chosen])
        bags.append(index)
        labels.append(label)
        positives.append(digits[index] == chosen)
    return bags, labels, positives


def by_torch(x, start, label, training, epochs, seed):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    net = Network()
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-4, weight_decay=1e-4)
    bags = [torch.from_numpy(x[a:b]) for a, b in zip(start, start[1:])]
    targets = torch.from_numpy(label)
    order = np.random.default_rng(seed)
    begin = time.process_time()
    for _ in range(epochs):
        for bag in order.permutation(training):
            optimizer.zero_grad()
            nn.functional.nll_loss(net(bags[bag])[0][None], targets[bag:bag + 1]).backward()
            optimizer.step()
    seconds = (time.process_time() - begin) / (epochs * training)
    with torch.no_grad():
        outputs = [net(bag) for bag in bags[training:]]
    return (np.array([out[0][1].exp() for out in outputs]), np.concatenate([out[1].numpy() for out in outputs]), seconds)


def by_ourselves(program, folder, training, epochs, seed):
    run = subprocess.run([program, folder, str(training), str(epochs), str(seed)], check=True, capture_output=True, text=True)
    return np.load(folder / "probability.npy"), np.load(folder / "weight.npy"), float(run.stdout)


def judge(outputs, label, start, positive):
    probability, weight, seconds = outputs
    of_bags = roc_auc_score(label, probability)
    inside = [roc_auc_score(positive[a:b], weight[a:b]) for a, b, one in zip(start, start[1:], label)
              if one and 0 < positive[a:b].sum() < b - a]
    return of_bags, statistics.mean(inside), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sizes", default="50,100,200,500", help="training bags")
    parser.add_argument("--lengths", default="10:2,50:10", help="instances of a bag: mean:deviation")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--digit", type=int, default=9)
    options = parser.parse_args()
    data = load_digits()
    x, digits = (data.data / 16).astype(np.float32), data.target
    print(f"{'bags of':>8}{'train':>7}{'':>10}{'bag AUC':>9}{'instance AUC':>14}{'ms a step':>11}")
    for mean, deviation in (map(int, length.split(":")) for length in options.lengths.split(",")):
        for training in map(int, options.sizes.split(",")):
            found = {"PyTorch": [], "lifelog": []}
            for seed in range(options.seeds):
                random = np.random.default_rng(seed)
                images = random.permutation(len(x))
                parts = [make_bags(random, some, digits, options.digit, count, mean, deviation)
                         for some, count in ((images[:1200], training), (images[1200:], 200))]
                bags, label, positive = (parts[0][i] + parts[1][i] for i in range(3))
                start = np.cumsum([0, *map(len, bags)])
                label, positive = np.array(label), np.concatenate(positive)
                instances = x[np.concatenate(bags)]
                with tempfile.TemporaryDirectory() as folder:
                    folder = pathlib.Path(folder)
                    np.save(folder / "instances.npy", instances)
                    np.save(folder / "start.npy", start.astype(np.int64))
                    np.save(folder / "label.npy", label.astype(np.int64))
                    outputs = {"PyTorch": by_torch(instances, start, label, training, options.epochs, seed),
                               "lifelog": by_ourselves(options.build / "benchmarks/peers/bags", folder, training,
                                                       options.epochs, seed)}
                first = start[training]
                for name, out in outputs.items():
                    found[name].append(judge(out, label[training:], start[training:] - first, positive[first:]))
            for name, rows in found.items():
                bag_auc, instance_auc = (statistics.mean(row[i] for row in rows) for i in range(2))
                print(f"{mean:>8}{training:>7}{name:>10}{bag_auc:>9.4f}{instance_auc:>14.4f}"
                      f"{1000 * min(row[2] for row in rows):>11.3f}", flush=True)


if __name__ == "__main__":
    main()
