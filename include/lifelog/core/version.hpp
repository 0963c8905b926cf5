// SPDX-License-Identifier: MIT
#pragma once

#define LIFELOG_VERSION_MAJOR 0
#define LIFELOG_VERSION_MINOR 1
#define LIFELOG_VERSION_PATCH 0
#define LIFELOG_VERSION "0.1.0"
