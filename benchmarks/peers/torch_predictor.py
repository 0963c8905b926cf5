# SPDX-License-Identifier: MIT
"""The study's predictor on rows in PyTorch: nine causal encoders on series of length 1, then a classifier."""
import torch
from torch import nn

from torch_network import study

CHANNELS = {name: channels or (2 if name == "mGps" else 1) for name, (channels, _) in study.STUDY_SHAPES.items()}
CLASSES = 3


class PredictorNetwork(nn.Module):
    """[B, columns] -> [B, CLASSES] log-probabilities; the columns are the modalities' channels side by side."""

    def __init__(self):
        super().__init__()
        self.encoders = nn.ModuleList(study.SeriesEncoder(channels) for channels in CHANNELS.values())
        self.classifier = nn.Sequential(
            nn.LeakyReLU(), nn.Linear(study.KEY * len(CHANNELS), 128), nn.LeakyReLU(), nn.Linear(128, CLASSES),
            nn.LogSoftmax(dim=1))

    def forward(self, rows):
        parts = torch.split(rows, list(CHANNELS.values()), dim=1)
        keys = [encoder(part[:, :, None]) for encoder, part in zip(self.encoders, parts)]
        return self.classifier(torch.cat(keys, dim=1))


def random_rows(count):
    generator = torch.Generator().manual_seed(1)
    return (torch.randn(count, sum(CHANNELS.values()), generator=generator),
            torch.randint(CLASSES, (count,), generator=generator))
