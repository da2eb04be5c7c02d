"""Networks: tensors in, tensors out; no files, devices, optimisers or logging."""
