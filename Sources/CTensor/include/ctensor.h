/// Umbrella header of the tensor core. See docs/decisions/0004-tensor-core.md for the reasons behind its shape.
#ifndef CT_CTENSOR_H
#define CT_CTENSOR_H

#include "ct_background.h"
#include "ct_device.h"
#include "ct_error.h"
#include "ct_ops.h"
#include "ct_program.h"
#include "ct_random.h"
#include "ct_tensor.h"

#endif
