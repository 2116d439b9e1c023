// Taking one more unit of something that a user is charged for, and keeping it until the process
// ends. Each returns 0 or the errno of what failed. Not thread-safe; for children that end soon.
#pragma once

#include "subtraction/sleepers.hpp"

namespace kcommons::subtraction {

// What a process holds that takes units one after the other.
struct Holder {
  int group = -1;      // an inotify instance or fanotify group, made when it is first wanted
  Sleepers sleepers;   // those that hold namespaces, or just are
  unsigned taken = 0;  // for names that must differ
};

int take_inotify_instance(Holder& holder);
int take_inotify_watch(Holder& holder);  // the working directory is the root of a procfs
int take_fanotify_group(Holder& holder);
int take_fanotify_mark(Holder& holder);
int take_namespace(Holder& holder, int clone_flag);
int take_process(Holder& holder);
int take_signal(Holder& holder);
int take_message_queue(Holder& holder);
int take_locked_page(Holder& holder);

}  // namespace kcommons::subtraction
