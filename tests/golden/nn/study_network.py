# SPDX-License-Identifier: MIT
"""The study's attention-based multiple instance learning network in PyTorch, as an oracle and a peer.

Written from the description of the method; parameter names are those of the study's checkpoints, so that
`state_dict` and `load_state_dict` exchange files with it and with lifelog. Tested with torch 2.13.0 (CPU).
"""
import warnings

import torch
import torch.nn.functional as F
from torch import nn

# Modality -> (channels, samples in a minute window); no channels: one scalar a minute.
STUDY_SHAPES = {
    "e4Acc": (3, 1920), "e4Bvp": (1, 3840), "e4Eda": (1, 240), "e4Hr": (0, 0), "e4Temp": (1, 240),
    "mAcc": (3, 1786), "mGps": (0, 0), "mGyr": (3, 1786), "mMag": (3, 1786),
}
STUDY_PARAMETERS = 22358  # with four classes
KEY = 32
IGNORE = -100


def weight_norm(module):
    # The older of PyTorch's two: the one whose parameters are called weight_g and weight_v.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return nn.utils.weight_norm(module)


class Cut(nn.Module):
    """Drops the last `surplus` samples: Conv1d pads both ends, a causal convolution only the left one."""

    def __init__(self, surplus):
        super().__init__()
        self.surplus = surplus

    def forward(self, x):
        return x[:, :, : x.shape[2] - self.surplus]


class CausalBlock(nn.Module):
    """(conv, leaky ReLU) twice plus the block's input; no activation after the sum."""

    def __init__(self, inputs, outputs, dilation, taps=3):
        super().__init__()
        pad = (taps - 1) * dilation

        def conv(channels):
            return weight_norm(nn.Conv1d(channels, outputs, taps, padding=pad, dilation=dilation))

        self.causal = nn.Sequential(
            conv(inputs), Cut(pad), nn.LeakyReLU(), conv(outputs), Cut(pad), nn.LeakyReLU())
        self.upordownsample = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x):
        shortcut = x if self.upordownsample is None else self.upordownsample(x)
        return self.causal(x) + shortcut


class CausalStack(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.network = nn.Sequential(
            CausalBlock(channels, 8, 1), CausalBlock(8, 8, 2), CausalBlock(8, 16, 4))

    def forward(self, x):
        return self.network(x)


class SeriesEncoder(nn.Module):
    """[B, channels, T] -> [B, 32]: causal blocks, max over time, linear."""

    def __init__(self, channels):
        super().__init__()
        self.network = nn.Sequential(
            CausalStack(channels), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(16, KEY))

    def forward(self, x):
        return self.network(x)


def scalar_encoder():
    """[B, 1] -> [B, 32]."""
    return nn.Sequential(nn.Linear(1, KEY), nn.BatchNorm1d(KEY), nn.LeakyReLU(),
                         nn.Linear(KEY, KEY), nn.BatchNorm1d(KEY))


class Instance(nn.Module):
    """One modality: its key [B, 32] and its value, class log-probabilities [B, C]."""

    def __init__(self, channels, classes):
        super().__init__()
        self.Encoder = SeriesEncoder(channels) if channels else scalar_encoder()
        self.Vl = nn.Sequential(nn.LeakyReLU(), nn.Linear(KEY, classes))

    def forward(self, x):
        key = self.Encoder(x)
        return key, F.log_softmax(self.Vl(key), dim=1)


class StudyNetwork(nn.Module):
    """shapes: modality -> (channels, length), in instance order; channels 0 means a scalar.

    forward(inputs: modality -> [B, channels, T] or [B]) returns the bag's log-probabilities [B, C] and
    the modal importance [B, M].
    """

    def __init__(self, shapes, classes):
        super().__init__()
        self.modalities = list(shapes)
        for name, (channels, _) in shapes.items():
            self.add_module(name + "ILNet", Instance(channels, classes))
        self.Kl = nn.Sequential(nn.LeakyReLU(), nn.Linear(KEY, 1))
        self.Ql = nn.Sequential(nn.LeakyReLU(), nn.Linear(KEY, len(shapes)))

    def forward(self, inputs):
        keys, values = [], []
        for name in self.modalities:
            x = inputs[name]
            key, value = getattr(self, name + "ILNet")(x[:, None] if x.dim() == 1 else x)
            keys.append(key)
            values.append(value)
        keys = torch.stack(keys, dim=1)                              # [B, M, 32]
        values = torch.stack(values, dim=1)                          # [B, M, C]
        q = torch.sigmoid(self.Ql(keys))                             # [B, M, M], a row per instance
        k = torch.sigmoid(self.Kl(keys))                             # [B, M, 1]
        scores = (q.transpose(1, 2) @ k).squeeze(2) / len(self.modalities)  # sum_i Q[i, j] K[i]
        importance = torch.softmax(scores, dim=1)                    # [B, M]
        bag = (importance[:, :, None] * values).sum(dim=1)
        return F.log_softmax(bag, dim=1), importance


def focal_loss(log_probabilities, labels, gamma=0.0, alpha=None):
    """Mean over the labels that are not IGNORE of -alpha_y (1 - p_y)^gamma log p_y; 0 when there is none.

    Plain autograd: for 0 < gamma < 1 its gradient is NaN where p_y rounds to 1.
    """
    kept = labels != IGNORE
    if not kept.any():
        return log_probabilities.sum() * 0
    labels = labels[kept]
    log_p = log_probabilities[kept].gather(1, labels[:, None]).squeeze(1)
    loss = -log_p if gamma == 0 else -(-torch.expm1(log_p)) ** gamma * log_p
    return (loss if alpha is None else alpha[labels] * loss).mean()


def study_optimizer(network):
    return torch.optim.AdamW(network.parameters(), lr=1e-2, weight_decay=1e-2)


def training_step(network, optimizer, inputs, labels, gamma=0.0, clip=0.9):
    """One step as the study takes it. Returns the loss and the gradient's norm before clipping."""
    optimizer.zero_grad()
    loss = focal_loss(network(inputs)[0], labels, gamma)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip)
    optimizer.step()
    return loss.detach(), norm
