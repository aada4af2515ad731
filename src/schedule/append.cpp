#include "schedule/append.hpp"

namespace treering {

void append(Lane& lane, const Lane& part, const std::function<Rank(Rank)>& rank_of, std::uint64_t shift, Stage stage) {
  for (const Step& step : part.steps) {
    auto sentence = lane.step(step.count);
    for (const Act& word : part.words(step)) {
      const Place place{word.buffer, word.first + shift};
      switch (word.verb) {
        case Verb::own: stage.first ? sentence.own(place) : sentence.read(place); break;
        case Verb::read: sentence.read(place); break;
        case Verb::recv: sentence.recv(rank_of(word.peer)); break;
        case Verb::finish:
          if (stage.last) sentence.finish();
          break;
        case Verb::store: sentence.store(place); break;
        case Verb::send: sentence.send(rank_of(word.peer)); break;
      }
    }
  }
}

}  // namespace treering
