// One line a message: time, host, pid, rank, level, text. To standard error or a file; silent below warnings by
// default.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "options/options.hpp"
#include "treering/types.hpp"

namespace treering {

bool is_logged(LogLevel level);

/// Any thread; one write() a line. `rank`: nobody if the message is not about one.
void log(LogLevel level, Rank rank, std::string_view text);

/// The same, before the options of the process are known.
void log_with(const Options& options, LogLevel level, Rank rank, std::string_view text);

/// The line without its end: "2025-01-31T12:00:00.123456Z h5:911 rank 3 warning: text". Line ends in the text become
/// blanks.
std::string log_line(LogLevel level, Rank rank, std::string_view text, std::int64_t unix_time_us);

/// %h is the host, %p the process, %% a percent sign.
std::string log_path(std::string_view pattern);

}  // namespace treering
