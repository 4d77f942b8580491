// JSON, as much as a manifest needs; numbers are doubles.
#ifndef VERNIER_JSON_HPP
#define VERNIER_JSON_HPP

#include <map>
#include <string>
#include <vector>

namespace vernier {

struct Json {
  enum Kind { null, boolean, number, text, list, object } kind = null;
  double real = 0;
  std::string string;
  std::vector<Json> items;
  std::map<std::string, Json> members;

  // A member, or null where there is none.
  const Json& operator[](const std::string& name) const;
};

// Throws Error with `origin` in front where it is not JSON.
Json parse_json(const std::string& content, const std::string& origin);

}  // namespace vernier

#endif
