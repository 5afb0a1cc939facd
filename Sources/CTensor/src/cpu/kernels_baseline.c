#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"

#define CT_KERNELS_TABLE ct_kernels_baseline
#define CT_KERNELS_NAME "baseline"
#define CT_LANES 4
#define CT_STRIP_ROWS 6

#include "kernels_body.h"
