// What standard output is: a terminal, which has a width and may have colours, or a file or pipe,
// for which nothing is cut and nothing is coloured.
#pragma once

#include "report/table.hpp"

namespace kcommons::cmd {

// Of a terminal the width is asked for; where it does not tell, COLUMNS does, else it is 80.
// NO_COLOR that is set to anything turns colours off (no-color.org), and so does TERM=dumb.
report::Paper standard_output_paper();

// Whether somebody sits there who can type, before a terminal that can place its cursor.
bool is_interactive();
// Unless NO_COLOR says otherwise; whether the terminal has any is not asked.
bool wants_colour();

}  // namespace kcommons::cmd
