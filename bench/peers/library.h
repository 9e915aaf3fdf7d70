// A shared library and its functions by name. Never unloaded: the peers keep threads of their own.
#pragma once

#include <dlfcn.h>

#include <string>

#include "engine/base/status.h"

namespace shale::bench {

class Library {
 public:
  static StatusOr<Library> Open(const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return NotFound("{}", dlerror());
    return Library(handle);
  }
  // Sets *function to the function called `name`.
  template <typename F>
  Status Find(const char* name, F** function) const {
    *function = reinterpret_cast<F*>(dlsym(handle_, name));
    return *function == nullptr ? NotFound("{}", dlerror()) : OkStatus();
  }

 private:
  explicit Library(void* handle) : handle_(handle) {}
  void* handle_;
};

}  // namespace shale::bench
