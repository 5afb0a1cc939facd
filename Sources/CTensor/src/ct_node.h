/// A program as its files share it: a list of operations, each with the pass that it runs.
#ifndef CT_NODE_H
#define CT_NODE_H

#include <stdbool.h>

#include "ct_backend.h"
#include "ct_program.h"

typedef enum ct_node_kind {
    NODE_CONV2D,
    NODE_FOLDED_CONV2D,
    NODE_BATCH_NORM,
    NODE_RELU,
    NODE_MAX_POOL,
    NODE_AVERAGE_POOL,
    NODE_LINEAR,
    NODE_CROSS_ENTROPY,
    NODE_IMAGE_INPUT,
    NODE_SGD,
    NODE_ADAMW,
} ct_node_kind;

typedef struct ct_node {
    ct_node_kind kind;
    ct_pass pass;
    union {
        ct_conv2d conv2d;
        ct_folded_conv2d folded_conv2d;
        ct_batch_norm batch_norm;
        ct_relu relu;
        ct_max_pool max_pool;
        ct_average_pool average_pool;
        ct_linear linear;
        ct_cross_entropy cross_entropy;
        ct_image_input image_input;
        ct_sgd sgd;
        ct_adamw adamw;
    };
} ct_node;

struct ct_program {
    ct_device *device;
    int32_t max_batch;
    int32_t count, capacity;
    ct_node *nodes;
    int64_t workspace_bytes;
    void *workspace;
    bool sealed;
};

#endif
