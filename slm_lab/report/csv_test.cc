#include "slm_lab/report/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "tests/support/scratch_folder.h"

namespace slm::csv_test {
namespace {

SessionRow ppo_row() {
  SessionRow row;
  row.total_reward = 23.4;
  row.total_reward_ma = 500;
  row.loss = 1.0 / 3;
  row.fps = 12345.678;
  row.frame = 20000001;  // not a float32
  row.wall_t = 1.5;
  row.t = 5000000;
  row.epi = 12;
  row.opt_step = 640;
  row.lr = 3e-4;
  row.clip_eps = 0.2;
  row.entropy = 0.69;
  return row;
}

TEST(Csv, WritesTheReferencesColumns) {
  EXPECT_EQ(to_csv(std::vector{ppo_row()}),
            "total_reward,total_reward_ma,loss,fps,frame,wall_t,t,epi,opt_step,lr,clip_eps,entropy\n"
            "23.4,500,0.33333334,12345.678,20000001,1.5,5000000,12,640,0.0003,0.2,0.69\n");
}

TEST(Csv, AMissingNumberIsAnEmptyField) {
  SessionRow first;
  first.frame = 10;
  EXPECT_EQ(to_csv(std::vector{first}),
            "total_reward,total_reward_ma,loss,fps,frame,wall_t,t,epi,opt_step,lr\n,,,0,10,0,0,0,0,\n");
}

TEST(Csv, ReadsWhatItWrote) {
  SessionRow first;
  first.frame = 10;
  const std::string text = to_csv(std::vector{first, ppo_row()});
  const auto rows = parse_csv(text, "df.csv");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(std::isnan(rows[0].total_reward));
  EXPECT_TRUE(std::isnan(rows[0].clip_eps));
  EXPECT_EQ(rows[1].frame, 20000001);
  EXPECT_FLOAT_EQ(rows[1].lr, 3e-4);
  EXPECT_EQ(to_csv(rows), text);
}

TEST(Csv, ALineThatIsBeingWrittenDoesNotCountYet) {
  EXPECT_EQ(parse_csv("frame,loss\n10,1\n20,0.1", "df.csv").size(), 1u);  // perhaps it was to be 0.125
  EXPECT_EQ(parse_csv("frame,loss\n10,1\n20,0.1\n", "df.csv").size(), 2u);
}

std::vector<SessionRow> rows_to(int frames) {
  std::vector<SessionRow> rows(static_cast<std::size_t>(frames));
  for (int i = 0; i < frames; ++i) rows[i].frame = i;
  return rows;
}

class GrowingCsv : public testing::Test {
 protected:
  std::string text() const { return read_file(path_); }
  ScratchFolder scratch_;
  std::filesystem::path path_ = scratch_ / "df.csv";
  CsvFile file_{path_};
};

TEST_F(GrowingCsv, GrowsByWhatIsNew) {
  std::vector<SessionRow> rows = rows_to(3);
  file_.write(rows);
  EXPECT_EQ(text(), to_csv(rows));
  // Were it written whole, this would be gone.
  std::string edited = text();
  edited.replace(edited.find(",0,"), 3, ",7,");
  write_file_durably(path_, edited);
  rows = rows_to(5);
  file_.write(rows);
  file_.write(rows);  // nothing new
  EXPECT_TRUE(text().starts_with(edited));
  EXPECT_EQ(parse_csv(text(), "df.csv").size(), 5u);
}

TEST_F(GrowingCsv, IsWrittenAnewForAColumnThatNoRowHadBefore) {
  std::vector<SessionRow> rows = rows_to(2);
  file_.write(rows);
  rows.push_back(ppo_row());
  file_.write(rows);
  EXPECT_EQ(text(), to_csv(rows));
  rows.push_back(rows[0]);  // has no value in it, and the column stays
  file_.write(rows);
  EXPECT_EQ(text(), to_csv(rows));
}

TEST_F(GrowingCsv, ReplacesWhatAnotherProcessLeftAndWhatIsGone) {
  write_file_durably(path_, "frame,loss\n1,2\n3");
  const std::vector<SessionRow> rows = rows_to(2);
  file_.write(rows);
  EXPECT_EQ(text(), to_csv(rows));
  std::filesystem::remove(path_);
  file_.write(rows);
  EXPECT_EQ(text(), to_csv(rows));
}

TEST(Csv, ReadsTheReferencesFiles) {
  const auto rows = parse_csv("epi,t,frame,unknown,total_reward\r\nnan,1.0,512.0,7,-1.5e2\r\n", "df.csv");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].frame, 512);
  EXPECT_EQ(rows[0].total_reward, -150);
}

TEST(Csv, NamesTheLineOfADamagedFile) {
  const auto message = [](std::string_view text) -> std::string {
    try {
      parse_csv(text, "df.csv");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::corrupt);
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message("frame,loss\n1,2\n2,x\n"), testing::HasSubstr("df.csv:3: \"x\""));
  EXPECT_THAT(message("frame,loss\n1,2\n2\n"), testing::HasSubstr("df.csv:3: 1 fields where the header has 2"));
  EXPECT_THAT(message("what,is\n1,2\n"), testing::HasSubstr("df.csv:1"));
}

TEST(Csv, AValueIsKnownAsItComesBack) {
  SessionRow row;
  for (const double value : {0.1, 1.0 / 3, -33.529999999, 1e10 / 3, 500.0}) {
    row.total_reward_ma = value;
    EXPECT_EQ(parse_csv(to_csv(std::vector{row}), "test")[0].total_reward_ma, as_in_csv(value));
  }
  EXPECT_EQ(as_in_csv(0.1), 0.1);
  EXPECT_EQ(as_in_csv(1.0 / 3), 0.33333334);
  EXPECT_TRUE(std::isnan(as_in_csv(SessionRow::kNone)));
}

TEST(Csv, TheLastRowAloneIsThatOfAll) {
  const ScratchFolder scratch;
  const auto file = scratch / "df.csv";
  const auto last = [&](const std::string& text) {
    write_file_durably(file, text);
    const std::optional<SessionRow> row = read_last_csv_row(file);
    return row ? row->frame : -1;
  };
  EXPECT_EQ(last(""), -1);
  EXPECT_EQ(last("frame,total_reward\n"), -1);
  EXPECT_EQ(last("frame,total_reward\n1,2"), -1);
  EXPECT_EQ(last("frame,total_reward\n1,2\n"), 1);
  EXPECT_EQ(last("frame,total_reward\n1,2\n3,4\n5,6"), 3);
  std::string text = "frame,total_reward\n";
  for (int i = 0; i < 10'000; ++i) text += "123456,0.25\n";  // more than is read
  EXPECT_EQ(last(text + "7,8\n"), 7);
  EXPECT_EQ(last(text + "7,8\n9"), 7);
}

}  // namespace
}  // namespace slm::csv_test
