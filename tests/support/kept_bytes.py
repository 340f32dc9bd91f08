"""Bytes that autograd keeps between forward and backward passes, and that all of a computation holds, measured."""

import weakref
from collections import Counter

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Kept:
    """Inside it, the storages that autograd keeps are counted, each once, but for those of the weights."""

    def __init__(self, weights):
        self._weights = {weight.untyped_storage().data_ptr() for weight in weights}
        self._times, self.now, self.peak = Counter(), 0, 0
        self._hooks = torch.autograd.graph.saved_tensors_hooks(lambda tensor: _Holder(self, tensor), _tensor_of)

    def __enter__(self):
        self._hooks.__enter__()
        return self

    def __exit__(self, *error):
        self._hooks.__exit__(*error)

    def add(self, storage, step):
        place = storage.data_ptr()
        if place in self._weights:
            return
        before = self._times[place]
        self._times[place] += step
        if (before > 0) != (self._times[place] > 0):
            self.now += step * storage.nbytes()
            self.peak = max(self.peak, self.now)


class _Holder:
    def __init__(self, kept, tensor):
        self.kept, self.tensor = kept, tensor
        kept.add(tensor.untyped_storage(), 1)

    def __del__(self):
        self.kept.add(self.tensor.untyped_storage(), -1)


def _tensor_of(holder):
    return holder.tensor


def _storages(tree):
    return [each.untyped_storage() for each in tree_leaves(tree) if torch.is_tensor(each)]


class Held(TorchDispatchMode):
    """Inside it, the storages of all results are counted while they live."""

    def __init__(self):
        super().__init__()
        self._known, self.now, self.peak = weakref.WeakKeyDictionary(), 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        before = {storage.data_ptr() for storage in _storages((args, kwargs))}
        found = function(*args, **(kwargs or {}))
        for storage in _storages(found):
            if storage.data_ptr() not in before and storage not in self._known:
                self._known[storage] = True
                self.now += storage.nbytes()
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self._free, storage.nbytes())
        return found

    def _free(self, size):
        self.now -= size
