# SPDX-License-Identifier: MIT
"""Makes rows_tree/ (a small, dirty ETRI lifelog of one person) and rows_expected.csv (its row table by pandas).

Run in this folder. Made with Python 3.11, numpy 2.4.6, pandas 3.1.1."""
import pathlib
import shutil

import numpy as np
import pandas as pd

TREE = pathlib.Path("rows_tree/dataset_2019/101")
MODALITIES = {"e4Acc": "x,y,z", "e4Bvp": "value", "e4Eda": "eda", "e4Hr": "hr", "e4Temp": "temp", "mAcc": "x,y,z",
              "mGps": "lat,lon,accuracy", "mGyr": "x,y,z,roll,pitch,yaw", "mMag": "x,y,z"}
LABELS = ("action,actionOption,actionSub,actionSubOption,condition,conditionSub1Option,conditionSub2Option,place,"
          "emotionPositive,emotionTension,activity").split(",")
SESSIONS = {1598713200: 4, 1598799600: 3}  # start: minutes
NA = ["na", "null", "NaN", ""]


def write_file(random, path, columns, minute):
    """A few rows at irregular times, with gaps longer than a bucket and cells of nothing or of text."""
    count = random.integers(4, 11)
    times = np.sort(random.uniform(0, 60, count)).round(3)
    times[0], times[-1] = round(random.uniform(0, 15), 3), round(random.uniform(45, 59.9), 3)
    if random.random() < 0.3:
        times[0] = 5.0  # exactly on a bucket's edge
    random.shuffle(times[2:])  # order does not matter
    end = "\r\n" if random.random() < 0.3 else "\n"
    if len(columns) == 6 and random.random() < 0.5:
        columns = columns[:3]
    text = "timestamp," + ",".join(columns) + end
    for t in times:
        cells = [repr(float(random.normal() * 10.0 ** random.integers(-3, 4))) for _ in columns]
        if random.random() < 0.25:
            cells[random.integers(len(cells))] = str(random.choice(NA + ["broken"]))
        text += f"{t}," + ",".join(cells) + end
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def write_labels(random, session, start, minutes):
    text = "ts," + ",".join(LABELS) + "\r\n"
    for i in range(minutes):
        if start == min(SESSIONS) and i == 1:
            continue  # a gap, filled from the minute before
        emotion = f"{random.integers(1, 8)},{'' if i == 2 else random.integers(1, 8)}"
        text += f"{start + 60 * i}.0,sleep {i},,null,na,ALONE,,,\"home, {i}\",{emotion},{i}\r\n"
        if i == 0:
            text += f"{start}.0,second,,,,,,,,7,7,7\r\n"
    (session / f"{start}_label.csv").write_bytes(text.encode())


def write_tree():
    shutil.rmtree("rows_tree", ignore_errors=True)
    random = np.random.default_rng(7)
    for start, minutes in SESSIONS.items():
        session = TREE / str(start)
        for i in range(minutes):
            for name, columns in MODALITIES.items():
                if (start, i, name) == (max(SESSIONS), 1, "mGps"):
                    continue  # a missing minute
                write_file(random, session / name / f"{start + 60 * i}.csv", columns.split(","), start + 60 * i)
        write_labels(random, session, start, minutes)
    # A file with a header and no rows loses its minute.
    (TREE / str(min(SESSIONS)) / "e4Hr" / f"{min(SESSIONS) + 120}.csv").write_text("timestamp,hr\n")


def read_modality(folder, name):
    parts = []
    for path in sorted(folder.glob("*.csv")):
        frame = pd.read_csv(path, na_values=NA).apply(pd.to_numeric, errors="coerce")
        if len(frame) == 0:
            continue
        frame.index = pd.to_datetime(int(path.stem), unit="s") + pd.to_timedelta(frame.pop("timestamp"), unit="s")
        parts.append(frame.sort_index().astype(float).resample("5s").max().interpolate())
    frame = pd.concat(parts).reindex(columns=MODALITIES[name].split(","))
    return frame.add_prefix(name + "__")


def read_session(session):
    frames = [read_modality(session / name, name) for name in MODALITIES]
    labels = pd.read_csv(session / f"{session.name}_label.csv", na_values=NA, dtype=str).drop_duplicates("ts")
    labels.index = pd.to_datetime(labels.pop("ts").astype(float), unit="s")
    frames.append(labels.resample("5s").ffill())
    table = frames[0]
    for frame in frames[1:]:
        table = table.join(frame, how="inner")
    return table


write_tree()
table = pd.concat([read_session(session) for session in sorted(TREE.iterdir())])
table.index.name = "datetime"
table.to_csv("rows_expected.csv", float_format="%.17g", date_format="%Y-%m-%d %H:%M:%S")
